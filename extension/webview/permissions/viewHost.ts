import type { News, Question, ToHost } from '../../views/permissions/messages.ts';
import { Host } from '../common/host.ts';

export class ViewHost extends Host<Question, ToHost, News> {}
