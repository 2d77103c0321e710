/** Memory and code: readMemory, writeMemory, disassemble. */
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { DisassembledInstruction } from '../../session/index.ts';
import { codeText, hex } from '../../session/report/index.ts';
import { fromBase64, toBase64 } from '../base64.ts';
import type { DebugContext } from '../context.ts';
import { locationBody } from '../present/sources.ts';
import { on, type Handlers } from '../requests.ts';
import { address, flag, integer, object, optional, text } from '../schema.ts';

/** The most that one request may ask for; views ask for pages of some hundreds. */
const MAX_BYTES = 16 * 1024 * 1024;
const MAX_INSTRUCTIONS = 100_000;

const memoryReference = address;
const offset = optional(integer());

export const memoryHandlers: Handlers<'readMemory' | 'writeMemory' | 'disassemble'> = {
  readMemory: on(
    'standstill',
    object({ memoryReference, offset, count: integer(0, MAX_BYTES) }),
    ({ session }, args) => {
      const start = moved(args.memoryReference, args.offset);
      const { bytes, unreadable } = session.inspect.readMemory(start, args.count);
      return {
        address: hex(start),
        ...(unreadable === 0 ? {} : { unreadableBytes: unreadable }),
        ...(bytes.length === 0 ? {} : { data: toBase64(bytes) }),
      };
    },
  ),

  writeMemory: on(
    'standstill',
    object({ memoryReference, offset, allowPartial: optional(flag), data: text }),
    ({ session }, args) => {
      const start = moved(args.memoryReference, args.offset);
      const bytes = fromBase64(args.data);
      const possible =
        args.allowPartial === true
          ? session.inspect.readMemory(start, bytes.length).bytes.length
          : bytes.length;
      session.inspect.writeMemory(start, bytes.subarray(0, possible));
      return { offset: 0, bytesWritten: possible };
    },
  ),

  disassemble: on(
    'standstill',
    object({
      memoryReference,
      offset,
      instructionOffset: optional(integer(-MAX_INSTRUCTIONS, MAX_INSTRUCTIONS)),
      instructionCount: integer(0, MAX_INSTRUCTIONS),
      resolveSymbols: optional(flag),
    }),
    (context, args) => {
      const start = moved(args.memoryReference, args.offset);
      const shift = args.instructionOffset ?? 0;
      // Forwards the session skips by decoding; backwards it knows where instructions begin.
      const decoded = context.session.inspect.disassemble(
        start,
        args.instructionCount + Math.max(0, shift),
        Math.max(0, -shift),
      );
      const wanted = decoded.slice(Math.max(0, shift));
      return {
        instructions: wanted.map((instruction, index) =>
          instructionBody(context, instruction, wanted[index - 1], args.resolveSymbols ?? false),
        ),
      };
    },
  ),
};

function moved(from: bigint, by = 0): bigint {
  return BigInt.asUintN(64, from + BigInt(by));
}

/** The source stands at the first instruction of each line only, as the protocol recommends. */
function instructionBody(
  { client }: DebugContext,
  { address: at, bytes, text: instruction, place }: DisassembledInstruction,
  previous: DisassembledInstruction | undefined,
  resolveSymbols: boolean,
): DebugProtocol.DisassembledInstruction {
  const sameLine = previous?.place.file === place.file && previous?.place.line === place.line;
  const { source, line } = sameLine ? {} : locationBody(client, place);
  return {
    address: hex(at),
    ...(bytes === undefined ? { presentationHint: 'invalid' } : { instructionBytes: spaced(bytes) }),
    instruction,
    ...(resolveSymbols && place.function !== '' ? { symbol: codeText(place) } : {}),
    ...(source === undefined ? {} : { location: source }),
    ...(line === undefined ? {} : { line }),
  };
}

/** `13 05 05 00`: bytes in the order of memory. */
function spaced(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
}
