/** The three variants of the slab and all of its scenarios: exactly the flaws that each has, by name, and no others. */
import { describe, expect, it } from 'vitest';
import type { WriteOnceViolation } from '../../../../server/session/index.ts';
import { openSlab, runToEnd } from './slab.ts';

interface Flaw {
  readonly scenario: string;
  readonly check: string;
  /** Functions from where it happens outwards, as far as they tell it. */
  readonly by: readonly string[];
  /** The variants that have it; default all. */
  readonly variants?: readonly string[];
}

/** What a variant always has. */
const OF_VARIANT: Readonly<Record<string, readonly string[]>> = {
  shared: ['visible-to-other-harts'],
  private: [],
  'make-writable': ['make-writable', 'visible-to-other-harts'],
};

const FLAWS: readonly Flaw[] = [
  { scenario: 'second-init', check: 'second-init', by: ['cred_setup', 'cred_exercise'] },
  { scenario: 'late-write', check: 'init-after-seal', by: ['cred_drop', 'cred_exercise'] },
  { scenario: 'stamp', check: 'write-outside-callback', by: ['kmem_cache_init_once', 'cred_setup'] },
  { scenario: 'overrun', check: 'write-outside-object', by: ['memset', 'cred_init'] },
  { scenario: 'patch', check: 'writable-outside-init', by: ['window_open', 'cred_patch'] },
  { scenario: 'reuse', check: 'reuse-without-init', by: ['cred_clone'] },
  { scenario: 'use-after-free', check: 'use-after-free', by: ['cred_put'] },
  { scenario: 'early-return', check: 'window-left-open', by: ['cred_create', 'cred_exercise'] },
  { scenario: 'interrupted', check: 'window-left-open', by: ['handle_exception'] },
  { scenario: 'no-fence', check: 'missing-sfence', by: ['cred_create'] },
  {
    scenario: 'race',
    check: 'raced',
    by: ['copy_to_kernel_nofault', 'stray_writer'],
    variants: ['shared', 'make-writable'],
  },
];

function functionsOf({ moment, cause }: WriteOnceViolation): string[] {
  const from = moment.stack.findIndex(({ pc }) => pc === cause.pc);
  const names = moment.stack.slice(Math.max(0, from)).map((place) => place.function);
  return names.filter((name, index) => name !== names[index - 1]);
}

describe.each(Object.keys(OF_VARIANT))('variant=%s', (variant) => {
  const base = OF_VARIANT[variant]!;

  it('scenario=none has what the variant has', async () => {
    const guest = await openSlab(variant, 'none');
    await runToEnd(guest);
    const { violations } = guest.session.writeOnce;
    expect(new Set(violations.map(({ check }) => check))).toEqual(new Set(base));
    expect(guest.output()).toContain('reboot: Power down');
    guest.session.close();
  });

  it.each(FLAWS)('scenario=$scenario: $check', async ({ scenario, check, by, variants }) => {
    const guest = await openSlab(variant, scenario);
    await runToEnd(guest);
    const { violations } = guest.session.writeOnce;
    const has = variants?.includes(variant) ?? true;
    expect(new Set(violations.map((each) => each.check))).toEqual(new Set(has ? [...base, check] : base));
    if (has) {
      const found = violations.find((each) => each.check === check)!;
      expect(functionsOf(found).slice(0, by.length)).toEqual(by);
      expect(found.story).toContain(by[0]);
    }
    guest.session.close();
  });
});
