/**
 * What client and server say to each other beyond the Language Server Protocol: plain shapes, so that the extension
 * takes its types from here without the server's libraries.
 */

/** An image that a launch configuration or a session names. */
export interface ImageConfiguration {
  /** Absolute path of the ELF file with the symbols. */
  readonly path: string;
  /** Absolute path of the folder whose files it answers for; empty: all files. */
  readonly folder: string;
  /** Seal specifications; without any, known kernels decide. */
  readonly sealed: readonly string[];
  /** What happens at a store to sealed memory: `onSealedWrite`, or `off` where `rodata` is. */
  readonly policy: string;
  /** From paths of the debug information to paths here, as in the launch configuration. */
  readonly sourceMap: Readonly<Record<string, string>>;
}

/** As `initializationOptions`, and as the notification `IMAGES` when they change; the best to answer comes first. */
export interface Images {
  readonly images: readonly ImageConfiguration[];
}

export const IMAGES = 'sealscope/images';

/** Request with `TextDocumentPositionParams`: the symbol that a hover there would be about, or null. */
export const SYMBOL = 'sealscope/symbol';

export interface SymbolAt {
  /** As the image's symbol table has it. */
  readonly name: string;
  /** As linked: "0x…". */
  readonly address: string;
  /** `path` of the image that the answer comes from. */
  readonly image: string;
}
