/** The beginning of every session, as clients do it. */
import { onTestFinished } from 'vitest';
import { Client } from './client.ts';
import { profiles, type Profile } from './profiles.ts';
import { overTcp } from './wire.ts';

/** A connected client that has initialized. The test disconnects it, or it is dropped when the test is over. */
export async function connected(profile: Profile = profiles.vscode, open = overTcp): Promise<Client> {
  const client = new Client(await open(), profile);
  onTestFinished(() => client.wire.drop());
  await client.request('initialize', { ...profile });
  return client;
}

/** Launched and ready for breakpoints. */
export async function launched(
  attributes: Readonly<Record<string, unknown>>,
  profile: Profile = profiles.vscode,
  open = overTcp,
): Promise<Client> {
  const client = await connected(profile, open);
  await client.request('launch', attributes);
  await client.expectInitialized();
  return client;
}

/** Configured as a client with default filters does it, and running. */
export async function running(
  attributes: Readonly<Record<string, unknown>>,
  profile: Profile = profiles.vscode,
  open = overTcp,
): Promise<Client> {
  const client = await launched(attributes, profile, open);
  await client.request('setExceptionBreakpoints', { filters: ['sealedWrite'] });
  await client.request('configurationDone', {});
  return client;
}

/** Stopped before its first instruction. */
export async function atEntry(
  attributes: Readonly<Record<string, unknown>>,
  profile?: Profile,
): Promise<Client> {
  const client = await running({ ...attributes, stopOnEntry: true }, profile);
  await client.expectStopped('entry');
  return client;
}
