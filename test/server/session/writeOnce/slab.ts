/** The sample slab in a session, run to its end. */
import type { SessionConfiguration } from '../../../../server/session/index.ts';
import { openGuest, type TestGuest } from '../guest.ts';

export const SLAB = 'samples/write-once-slab/write-once-slab.elf';

export async function openSlab(
  variant: string,
  scenario: string,
  configuration: Partial<SessionConfiguration> = {},
): Promise<TestGuest> {
  return openGuest({
    program: SLAB,
    commandLine: `variant=${variant} scenario=${scenario}`,
    onSealedWrite: 'oops',
    ...configuration,
  });
}

/** Goes on from every stop until the guest has ended. */
export async function runToEnd({ session }: TestGuest): Promise<void> {
  session.breakpoints.setExceptions([]);
  while ((await session.run.continue()).kind !== 'exit');
}
