/** What is checked of write-once memory, by name. DOMAIN.md, "Write-once memory as checks". */
export const WRITE_ONCE_CHECKS = {
  'second-init': 'an object is initialised again',
  'init-after-seal': 'a store to an object that is sealed',
  'write-outside-callback': 'an object is written by something else than its callback',
  'write-outside-object': 'a store in the window of an object, to something else on its page',
  'writable-outside-init': 'a page becomes writable outside of init-once and free',
  'make-writable': 'a function that only makes an object writable',
  'reuse-without-init': 'an object is read before it is initialised',
  'use-after-free': 'an object is used after it was freed',
  'window-left-open': 'a window is still open where it has to be closed',
  'visible-to-other-harts': 'other harts can write while a window is open',
  raced: 'a store of another hart lands in a window',
  'missing-sfence': 'a TLB permits stores that the page tables no longer permit',
} as const;

export type WriteOnceCheck = keyof typeof WRITE_ONCE_CHECKS;
