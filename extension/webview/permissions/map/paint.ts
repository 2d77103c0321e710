/** Draws bands and the legend's samples: each look has a pattern of its own, so that none depends on its colour. */
import { type Look, looks } from '../space.ts';
import type { BandPicture } from './layout.ts';

type Draw = (context: CanvasRenderingContext2D, size: number) => void;

const line = (
  context: CanvasRenderingContext2D,
  ...points: readonly [number, number, number, number]
): void => {
  context.moveTo(points[0], points[1]);
  context.lineTo(points[2], points[3]);
};
const rising: Draw = (context, size) => {
  line(context, -1, size + 1, size + 1, -1);
  line(context, -1, 1, 1, -1);
  line(context, size - 1, size + 1, size + 1, size - 1);
};
const falling: Draw = (context, size) => {
  line(context, -1, -1, size + 1, size + 1);
  line(context, -1, size - 1, 1, size + 1);
  line(context, size - 1, -1, size + 1, 1);
};
const vertical: Draw = (context, size) => line(context, size / 2, 0, size / 2, size);
const horizontal: Draw = (context, size) => line(context, 0, size / 2, size, size / 2);
const dots: Draw = (context, size) => context.rect(size / 2 - 0.75, size / 2 - 0.75, 1.5, 1.5);

interface Pattern {
  /** How strongly the ground is coloured: 0 … 1. */
  readonly ground: number;
  /** CSS pixels after which it repeats. */
  readonly size: number;
  readonly lines: readonly Draw[];
}
const patterns: Readonly<Record<Look, Pattern>> = {
  fault: { ground: 1, size: 8, lines: [] },
  degraded: { ground: 0.25, size: 7, lines: [rising, falling] },
  partial: { ground: 0.1, size: 8, lines: [falling] },
  sealed: { ground: 0.3, size: 5, lines: [rising] },
  open: { ground: 0.08, size: 5, lines: [dots] },
  wx: { ground: 0.2, size: 5, lines: [vertical, horizontal] },
  executable: { ground: 0.2, size: 4, lines: [vertical] },
  writable: { ground: 0.12, size: 5, lines: [horizontal] },
  readonly: { ground: 0.4, size: 8, lines: [] },
};

/** The colours of a theme, with the patterns drawn in them. */
export class Paint {
  readonly #fills: Readonly<Record<Look, CanvasPattern>>;
  readonly #colours: Readonly<Record<Look, string>>;
  readonly #changed: string;
  readonly #edge: string;
  readonly #ratio = window.devicePixelRatio;

  /** Takes the colours from the custom properties `--map-…` of `styled`. */
  constructor(styled: Element) {
    const style = getComputedStyle(styled);
    const colour = (name: string): string => style.getPropertyValue(`--map-${name}`).trim() || style.color;
    const each = <T>(make: (look: Look) => T): Record<Look, T> =>
      Object.fromEntries(looks.map((look) => [look, make(look)])) as Record<Look, T>;
    this.#changed = colour('changed');
    this.#edge = colour('edge');
    this.#colours = each(colour);
    this.#fills = each((look) => this.#fill(patterns[look], this.#colours[look]));
  }

  /** Draws into a canvas of `width` × `height` CSS pixels. */
  band(canvas: HTMLCanvasElement, { spans, edges }: BandPicture, width: number, height: number): void {
    const context = this.#prepare(canvas, width, height);
    const top = 4;
    for (const { x, width: length, look, isChanged } of spans) {
      this.#swatch(context, look, x, top, length, height - top);
      if (isChanged) this.#changedMark(context, x, length);
    }
    context.fillStyle = this.#edge;
    for (const x of edges) context.fillRect(x, top, 1, height - top);
  }

  sample(canvas: HTMLCanvasElement, look: Look | 'changed'): void {
    const [width, height] = [22, 14];
    const context = this.#prepare(canvas, width, height);
    if (look === 'changed') {
      this.#swatch(context, 'writable', 0, 4, width, height - 4);
      this.#changedMark(context, 0, width);
    } else this.#swatch(context, look, 0, 2, width, height - 2);
  }

  #prepare(canvas: HTMLCanvasElement, width: number, height: number): CanvasRenderingContext2D {
    canvas.width = Math.round(width * this.#ratio);
    canvas.height = Math.round(height * this.#ratio);
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
    const context = canvas.getContext('2d')!;
    context.scale(this.#ratio, this.#ratio);
    return context;
  }

  #swatch(
    context: CanvasRenderingContext2D,
    look: Look,
    x: number,
    y: number,
    width: number,
    height: number,
  ): void {
    context.fillStyle = this.#fills[look];
    context.fillRect(x, y, width, height);
    if (width < 4) {
      context.fillStyle = this.#colours[look];
      context.fillRect(x, y, width, height);
    } else {
      context.strokeStyle = this.#colours[look];
      context.lineWidth = look === 'fault' ? 2 : 1;
      context.setLineDash(look === 'open' || look === 'partial' ? [3, 2] : []);
      context.strokeRect(x + 0.5, y + 0.5, width - 1, height - 1);
    }
  }

  /** A bar over the pattern. */
  #changedMark(context: CanvasRenderingContext2D, x: number, width: number): void {
    context.fillStyle = this.#changed;
    context.fillRect(x, 0, Math.max(width, 2), 3);
  }

  #fill({ ground, size, lines }: Pattern, colour: string): CanvasPattern {
    const tile = document.createElement('canvas');
    tile.width = tile.height = Math.round(size * this.#ratio);
    const context = tile.getContext('2d')!;
    context.scale(tile.width / size, tile.height / size);
    context.fillStyle = context.strokeStyle = colour;
    context.globalAlpha = ground;
    context.fillRect(0, 0, size, size);
    context.globalAlpha = 1;
    context.lineWidth = 1;
    context.beginPath();
    for (const draw of lines) draw(context, size);
    context.stroke();
    const pattern = context.createPattern(tile, 'repeat')!;
    pattern.setTransform(new DOMMatrix().scale(1 / this.#ratio));
    return pattern;
  }
}
