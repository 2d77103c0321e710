/* SPDX-License-Identifier: MIT */
/* Another CPU at work: CPUs that are up wait for something to do. */
#ifndef WORK_H
#define WORK_H

#include "kernel.h"

/* Has CPU 1 call fn(arg); returns at once. False if there is no CPU 1. */
bool cpu_call(void (*fn)(void *arg), void *arg);
/* Until CPU 1 has returned from it. */
void cpu_wait(void);

#endif
