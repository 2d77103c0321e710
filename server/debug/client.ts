/** What the client said of itself in `initialize`: what may be sent to it, and how it counts and names things. */
import { RequestError } from './errors.ts';
import { flag, object, optional, text, type TypeOf } from './schema.ts';

export const initializeArguments = object({
  clientID: optional(text),
  clientName: optional(text),
  adapterID: optional(text),
  linesStartAt1: optional(flag),
  columnsStartAt1: optional(flag),
  pathFormat: optional(text),
  supportsVariableType: optional(flag),
  supportsVariablePaging: optional(flag),
  supportsMemoryReferences: optional(flag),
  supportsProgressReporting: optional(flag),
  supportsInvalidatedEvent: optional(flag),
  supportsMemoryEvent: optional(flag),
});

type InitializeArguments = TypeOf<typeof initializeArguments>;

export class Client {
  readonly variableType: boolean;
  readonly variablePaging: boolean;
  readonly memoryReferences: boolean;
  readonly progress: boolean;
  readonly invalidated: boolean;
  readonly memoryEvents: boolean;
  readonly #firstLine: number;
  readonly #firstColumn: number;
  readonly #uris: boolean;

  /** Throws RequestError for a path format that is neither `path` nor `uri`. */
  constructor(told: InitializeArguments) {
    this.variableType = told.supportsVariableType ?? false;
    this.variablePaging = told.supportsVariablePaging ?? false;
    this.memoryReferences = told.supportsMemoryReferences ?? false;
    this.progress = told.supportsProgressReporting ?? false;
    this.invalidated = told.supportsInvalidatedEvent ?? false;
    this.memoryEvents = told.supportsMemoryEvent ?? false;
    this.#firstLine = told.linesStartAt1 === false ? 0 : 1;
    this.#firstColumn = told.columnsStartAt1 === false ? 0 : 1;
    const format = told.pathFormat ?? 'path';
    if (format !== 'path' && format !== 'uri')
      throw new RequestError('badArguments', `'pathFormat' is "${format}"; it must be "path" or "uri".`);
    this.#uris = format === 'uri';
  }

  /** A line from 1 as the client counts. */
  line(line: number): number {
    return line - 1 + this.#firstLine;
  }

  /** The client's line, counted from 1. */
  lineFrom(line: number): number {
    return line - this.#firstLine + 1;
  }

  column(column: number): number {
    return column - 1 + this.#firstColumn;
  }

  columnFrom(column: number): number {
    return column - this.#firstColumn + 1;
  }

  /** A native path as the client wants it. */
  path(path: string): string {
    if (!this.#uris) return path;
    const slashed = path.replaceAll('\\', '/');
    return `file://${encodeURI(slashed.startsWith('/') ? slashed : `/${slashed}`)
      .replaceAll('#', '%23')
      .replaceAll('?', '%3F')}`;
  }

  /** The client's path as a native one. */
  pathFrom(path: string): string {
    if (!this.#uris || !path.startsWith('file://')) return path;
    const decoded = decodeURIComponent(path.slice('file://'.length));
    return /^\/[A-Za-z]:/.test(decoded) ? decoded.slice(1) : decoded;
  }
}
