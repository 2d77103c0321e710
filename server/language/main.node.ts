/** The language server as a process: on stdio with `--stdio`, or on the channel that the client asks for. */
import { createConnection, ProposedFeatures } from 'vscode-languageserver/node';
import { nodeHost } from './nodeHost.node.ts';
import { serve } from './server.ts';

serve(createConnection(ProposedFeatures.all), nodeHost);
