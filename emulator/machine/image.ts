/** Guest programs as plain bytes at guest-physical addresses, and how they get into RAM. */
import { RAM_PHYSICAL } from '../layout.ts';
import { ConfigurationError } from './errors.ts';

/** A piece of an image. */
export interface Segment {
  /** Guest-physical address of its first byte. */
  readonly address: bigint;
  readonly bytes: Uint8Array;
  /** Bytes it occupies, zeros behind `bytes` (bss); default the length of `bytes`. */
  readonly memorySize?: bigint | undefined;
  /** For messages, such as `.text` or `segment 1`. */
  readonly name?: string | undefined;
}

export interface GuestImage {
  readonly segments: readonly Segment[];
  /** Guest-physical address of the first instruction. */
  readonly entry: bigint;
}

/** Where firmware puts an S-mode payload on RV64 `virt`, and where a flat Linux Image goes. */
export const KERNEL_ADDRESS = 0x8020_0000n;

/** A flat binary that starts at its first byte. */
export function flatImage(bytes: Uint8Array, address: bigint = KERNEL_ADDRESS, name = 'image'): GuestImage {
  return { segments: [{ address, bytes, name }], entry: address };
}

/** A loaded range of RAM. */
export interface Placed {
  readonly what: string;
  readonly start: bigint;
  readonly end: bigint;
}

/** As on QEMU: what a kernel needs early lies where its first gigabyte of mappings reaches. */
const HIGH_LIMIT = 0xc000_0000n;

/** Hands out RAM: fixed pieces first, then free places from the top. */
export class RamPlan {
  readonly #end: bigint;
  readonly #placed: Placed[] = [];

  constructor(ramBytes: number) {
    this.#end = BigInt(RAM_PHYSICAL) + BigInt(ramBytes);
  }

  get placed(): readonly Placed[] {
    return this.#placed;
  }

  /** Reserve the segments of an image. Throws ConfigurationError when one is outside RAM or overlaps another. */
  placeImage(setting: string, image: GuestImage): void {
    if (image.segments.length === 0) {
      throw new ConfigurationError(setting, `${setting} has nothing to load: it needs at least one segment`);
    }
    const mine = image.segments.map((segment, index) => ({
      what: `${setting} ${segment.name ?? `segment ${index}`}`,
      start: segment.address,
      end: segment.address + sizeOf(segment),
    }));
    for (const range of mine) this.#place(setting, range);
    if (!mine.some(({ start, end }) => start <= image.entry && image.entry < end)) {
      throw new ConfigurationError(
        setting,
        `${setting} starts at ${hex(image.entry)}, which no segment covers (${mine.map(rangeText).join(', ')})`,
      );
    }
  }

  /** Reserve `bytes` as high as possible below HIGH_LIMIT, at a multiple of `alignment` (or of a page where memory is tight). */
  placeHigh(setting: string, bytes: number, alignment: bigint): bigint {
    const start = this.#highest(BigInt(bytes), alignment) ?? this.#highest(BigInt(bytes), 4096n);
    if (start === undefined) {
      throw new ConfigurationError(
        setting,
        `${setting} has ${bytes} bytes and finds no room in RAM; raise memory`,
      );
    }
    this.#placed.push({ what: setting, start, end: start + BigInt(bytes) });
    return start;
  }

  #place(setting: string, range: Placed): void {
    if (range.start < BigInt(RAM_PHYSICAL) || range.end > this.#end || range.end < range.start) {
      throw new ConfigurationError(
        setting,
        `${rangeText(range)} is outside RAM (${hex(BigInt(RAM_PHYSICAL))} to ${hex(this.#end)})`,
      );
    }
    const other = this.#overlapping(range.start, range.end);
    if (other !== undefined) {
      throw new ConfigurationError(setting, `${rangeText(range)} overlaps ${rangeText(other)}`);
    }
    this.#placed.push(range);
  }

  #highest(bytes: bigint, alignment: bigint): bigint | undefined {
    const limit = this.#end < HIGH_LIMIT ? this.#end : HIGH_LIMIT;
    let start = ((limit - bytes) / alignment) * alignment;
    while (start >= BigInt(RAM_PHYSICAL)) {
      const other = this.#overlapping(start, start + bytes);
      if (other === undefined) return start;
      start = ((other.start - bytes) / alignment) * alignment;
    }
    return undefined;
  }

  #overlapping(start: bigint, end: bigint): Placed | undefined {
    return this.#placed.find((other) => start < other.end && other.start < end);
  }
}

function sizeOf(segment: Segment): bigint {
  const bytes = BigInt(segment.bytes.length);
  return segment.memorySize !== undefined && segment.memorySize > bytes ? segment.memorySize : bytes;
}

function rangeText({ what, start, end }: Placed): string {
  return `${what} (${hex(start)} to ${hex(end)})`;
}

function hex(value: bigint): string {
  return `0x${value.toString(16)}`;
}
