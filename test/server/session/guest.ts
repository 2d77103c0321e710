/** A session over a real guest, for tests: events collected, nothing mocked. */
import { nodeHost } from '../../../server/session/nodeHost.node.ts';
import {
  openSession,
  type Session,
  type SessionConfiguration,
  type SessionEvent,
} from '../../../server/session/index.ts';
import { SAMPLE } from '../sealing/sample.ts';

export interface TestGuest {
  readonly session: Session;
  readonly events: SessionEvent[];
  /** Everything the guest has printed so far. */
  readonly output: () => string;
}

export async function openGuest(configuration: Partial<SessionConfiguration> = {}): Promise<TestGuest> {
  const session = await openSession({ program: SAMPLE, harts: 2, ...configuration }, nodeHost());
  const events: SessionEvent[] = [];
  session.listen((event) => events.push(event));
  session.console.end();
  const output = (): string => events.map((event) => (event.type === 'console' ? event.text : '')).join('');
  return { session, events, output };
}

export function eventsOf<Type extends SessionEvent['type']>(
  guest: TestGuest,
  type: Type,
): Extract<SessionEvent, { type: Type }>[] {
  return guest.events.filter((event): event is Extract<SessionEvent, { type: Type }> => event.type === type);
}

/** An 8-, 4- … byte variable's value, read from guest memory through its symbol and an offset. */
export function readNumber(session: Session, address: bigint, size: number): bigint {
  const { bytes } = session.inspect.readMemory(address, size);
  return bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
}
