/** Legacy calls (SBI 2.0, chapter 5) that need no pointer: one extension each, a result in a0 only. */
import { INTERRUPT } from '../memoryMap.ts';
import { LEAVE, type SbiExtension, type SbiPlatform, type SbiResult } from './sbi.ts';

const SET_TIMER = 0;
const PUTCHAR = 1;
const GETCHAR = 2;
const CLEAR_IPI = 3;
const SHUTDOWN = 8;
const SSIP = 1 << INTERRUPT.supervisorSoftware;
const NOTHING_TO_READ = -1n;

export function legacyExtension(platform: SbiPlatform): SbiExtension {
  const done = (value = 0n): SbiResult => ({ kind: 'legacy', value });
  return {
    ids: [SET_TIMER, PUTCHAR, GETCHAR, CLEAR_IPI, SHUTDOWN],
    call: ({ hart, arguments: [first] }, extensionId) => {
      switch (extensionId) {
        case SET_TIMER:
          platform.setTimer(hart, first);
          return done();
        case PUTCHAR:
          platform.consoleWrite(Uint8Array.of(Number(first & 0xffn)));
          return done();
        case GETCHAR: {
          const byte = platform.consoleRead();
          return done(byte === undefined ? NOTHING_TO_READ : BigInt(byte));
        }
        case CLEAR_IPI:
          hart.setPending(SSIP, 0);
          return done();
        default:
          platform.powerOff('poweroff', 0);
          return LEAVE;
      }
    },
  };
}
