/** Program of the debug adapter: DAP on stdio. VS Code starts one a session. */
import { serveStdio } from './stdio.node.ts';

await serveStdio();
