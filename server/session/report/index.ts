export { choicesFor, type Choice, type OfferedChoice } from './choices.ts';
export { codeText, counted, grouped, hex, hexValue, listed, sizeText, sourceText } from './format.ts';
export { placeJson, regionJson, reportJson, sealedRegionJson, type Json, type JsonObject } from './json.ts';
export { coloured, columns, uncoloured, wrap, type Paint } from './layout.ts';
export { reportOf, type RefusedStoreReport } from './report.ts';
export { reportText, type TextOptions } from './text.ts';
export {
  dmaJson,
  dmaText,
  histogramText,
  racesJson,
  racesText,
  violationJson,
  windowJson,
  windowText,
} from './windows.ts';
export { sealedWritesJson, sealedWritesMarkdown, symbolOf, type RunFacts } from './sealedWrites.ts';
