/**
 * Makes a browser's screenshots small: PNG with a palette of at most 256 colours. A window of an editor has few
 * colours, and those that anti-aliased letters add are close to one another.
 */
import { crc32 as crc, deflateSync, inflateSync } from 'node:zlib';

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
const MAX_COLOURS = 256;

/** Colour types of PNG (specification, section 11.2.1), of 8 bits a channel. */
const RGB = 2;
const PALETTE = 3;
const RGBA = 6;

interface Picture {
  readonly width: number;
  readonly height: number;
  /** Row by row, 0xRRGGBB. */
  readonly pixels: Uint32Array;
}

/** A colour and how many pixels have it. */
type Counted = readonly [colour: number, count: number];

/** Returns the same picture as a PNG with a palette. Throws if `png` is not what browsers write: RGB or RGBA. */
export function withPalette(png: Buffer): Buffer {
  const { width, height, pixels } = decode(png);
  const counts = new Map<number, number>();
  for (const pixel of pixels) counts.set(pixel, (counts.get(pixel) ?? 0) + 1);
  const boxes = medianCut([...counts]);
  const palette = boxes.map(commonestOf);
  const indexOf = new Map(boxes.flatMap((box, index) => box.map(([colour]) => [colour, index] as const)));

  const lines = Buffer.alloc((width + 1) * height);
  pixels.forEach((pixel, at) => {
    // Each line begins with its filter, which is none.
    lines[at + Math.floor(at / width) + 1] = indexOf.get(pixel)!;
  });
  const header = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 8, PALETTE, 0, 0, 0]);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', header),
    chunk('PLTE', Buffer.from(palette.flatMap(channelsOf))),
    chunk('IDAT', deflateSync(lines, { level: 9, memLevel: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function decode(png: Buffer): Picture {
  if (SIGNATURE.some((byte, at) => png[at] !== byte)) throw new Error('A screenshot is not a PNG.');
  let header: Buffer | undefined;
  const data: Buffer[] = [];
  for (let at = SIGNATURE.length; at < png.length;) {
    const length = png.readUInt32BE(at);
    const type = png.toString('latin1', at + 4, at + 8);
    const body = png.subarray(at + 8, at + 8 + length);
    if (type === 'IHDR') header = body;
    if (type === 'IDAT') data.push(body);
    at += length + 12;
  }
  const [depth, colourType, , , interlaced] = header?.subarray(8) ?? [];
  if (
    header === undefined ||
    depth !== 8 ||
    interlaced !== 0 ||
    (colourType !== RGB && colourType !== RGBA)
  ) {
    throw new Error('A screenshot is not a PNG with 8-bit RGB or RGBA pixels.');
  }
  const width = header.readUInt32BE(0);
  const height = header.readUInt32BE(4);
  const channels = colourType === RGB ? 3 : 4;
  const bytes = unfilter(inflateSync(Buffer.concat(data)), width * channels, height, channels);
  const pixels = Uint32Array.from({ length: width * height }, (_, at) => bytes.readUIntBE(at * channels, 3));
  return { width, height, pixels };
}

/** Undoes the filters of PNG, section 9: each byte was stored as the difference to a prediction from its neighbours. */
function unfilter(filtered: Buffer, stride: number, height: number, channels: number): Buffer {
  const bytes = Buffer.alloc(stride * height);
  for (let row = 0; row < height; row++) {
    const filter = filtered[row * (stride + 1)]!;
    const predict = FILTERS[filter];
    if (predict === undefined) throw new Error(`A screenshot has a line with the unknown filter ${filter}.`);
    for (let column = 0; column < stride; column++) {
      const at = row * stride + column;
      const left = column < channels ? 0 : bytes[at - channels]!;
      const above = row === 0 ? 0 : bytes[at - stride]!;
      const corner = row === 0 || column < channels ? 0 : bytes[at - stride - channels]!;
      bytes[at] = filtered[row * (stride + 1) + 1 + column]! + predict(left, above, corner);
    }
  }
  return bytes;
}

const FILTERS: readonly ((left: number, above: number, corner: number) => number)[] = [
  () => 0,
  (left) => left,
  (_, above) => above,
  (left, above) => (left + above) >> 1,
  (left, above, corner) => {
    const [toLeft, toAbove, toCorner] = [above - corner, left - corner, left + above - 2 * corner].map(
      Math.abs,
    );
    if (toLeft! <= toAbove! && toLeft! <= toCorner!) return left;
    return toAbove! <= toCorner! ? above : corner;
  },
];

const channelsOf = (colour: number): [number, number, number] => [
  colour >> 16,
  (colour >> 8) & 255,
  colour & 255,
];

/**
 * Splits colours into at most 256 groups: always the group with the widest channel, weighted by how much of the
 * picture it covers, at the middle of that channel.
 */
function medianCut(colours: Counted[]): Counted[][] {
  const boxes = [boxOf(colours)];
  while (boxes.length < MAX_COLOURS) {
    const box = boxes.reduce((widest, each) => (each.weight > widest.weight ? each : widest));
    if (box.weight === 0) break;
    const { channel, middle } = box;
    const isLow = ([colour]: Counted): boolean => channelsOf(colour)[channel]! <= middle;
    const low = box.colours.filter(isLow);
    const high = box.colours.filter((colour) => !isLow(colour));
    boxes.splice(boxes.indexOf(box), 1, boxOf(low), boxOf(high));
  }
  return boxes.map(({ colours: group }) => group);
}

interface Box {
  readonly colours: Counted[];
  /** The channel in which the colours differ most, and the value to split it at. */
  readonly channel: number;
  readonly middle: number;
  /** How much it is worth splitting; 0 for a single colour. */
  readonly weight: number;
}

function boxOf(colours: Counted[]): Box {
  const least = [255, 255, 255];
  const most = [0, 0, 0];
  let pixels = 0;
  for (const [colour, count] of colours) {
    pixels += count;
    channelsOf(colour).forEach((value, channel) => {
      least[channel] = Math.min(least[channel]!, value);
      most[channel] = Math.max(most[channel]!, value);
    });
  }
  const widths = most.map((value, channel) => value - least[channel]!);
  const channel = widths.indexOf(Math.max(...widths));
  const width = widths[channel]!;
  return { colours, channel, middle: least[channel]! + (width >> 1), weight: width ** 2 * Math.sqrt(pixels) };
}

/** The colour that most of a group's pixels have: flat areas keep exactly theirs. */
function commonestOf(colours: readonly Counted[]): number {
  return colours.reduce((most, each) => (each[1] > most[1] ? each : most))[0];
}

function chunk(type: string, body: Buffer): Buffer {
  const content = Buffer.concat([Buffer.from(type, 'latin1'), body]);
  const framed = Buffer.alloc(content.length + 8);
  framed.writeUInt32BE(body.length, 0);
  content.copy(framed, 4);
  framed.writeUInt32BE(crc(content), content.length + 4);
  return framed;
}
