/**
 * Markers that a guest executes to say what it does with an object: `slti x0, x0, N`. The unprivileged specification
 * ("HINT Instructions") reserves these for custom use: they do nothing on any hart, and no compiler makes them. They are
 * found in the image, and cost nothing but where they stand.
 *
 * Arguments are in registers: a0 the object; for `allocated` also a1 its size in bytes and a2 its cache's name, or 0.
 */
import type { Guest } from '../guest.ts';

/** In the order of their numbers, from FIRST on. */
const MARKERS = ['allocated', 'initBegins', 'initEnds', 'freeBegins', 'freeEnds'] as const;
export type Marker = (typeof MARKERS)[number];

const FIRST = 0x5e0;
/** `slti x0, x0, 0`: the immediate is in the upper 12 bits. */
const SLTI = 0x2013;
const IMMEDIATE_SHIFT = 20;

export interface PlacedMarker {
  /** Linked. */
  readonly address: bigint;
  readonly marker: Marker;
}

/** Those in the executable parts of the image. */
export function findMarkers({ machine, space }: Guest): PlacedMarker[] {
  return space.ranges
    .filter(({ permissions }) => permissions.execute)
    .flatMap(({ start, end }) => {
      const physical = space.physicalOf(start);
      const bytes = physical === undefined ? undefined : machine.memory.read(physical, Number(end - start));
      return bytes === undefined ? [] : markersIn(bytes, start);
    });
}

/** Instructions begin at even addresses. */
function markersIn(bytes: Uint8Array, start: bigint): PlacedMarker[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const found: PlacedMarker[] = [];
  for (let offset = 0; offset + 4 <= bytes.length; offset += 2) {
    if (view.getUint16(offset, true) !== SLTI) continue;
    const marker = MARKERS[(view.getUint32(offset, true) >>> IMMEDIATE_SHIFT) - FIRST];
    const hasNoSource = (view.getUint16(offset + 2, true) & 0xf) === 0;
    if (marker !== undefined && hasNoSource) found.push({ address: start + BigInt(offset), marker });
  }
  return found;
}
