/** An image that lies in the guest's memory. */
export interface Module {
  readonly id: number;
  readonly name: string;
  /** As the user named the file; empty for a module without one. */
  readonly path: string;
  readonly symbols: 'debug information' | 'symbol table' | 'none';
  readonly ranges: readonly { readonly start: bigint; readonly end: bigint }[];
}
