import { type Action, type PageMessage, type View, views } from '../protocol.ts';

/** What a page has sent, or `undefined` for what no page of ours would send. */
export function parsePageMessage(text: string): PageMessage | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isObject(value)) return undefined;
  const { type, view, on, session, number } = value;
  switch (type) {
    case 'ready':
      return { type };
    case 'watch':
      return isView(view) && typeof on === 'boolean' ? { type, view, on } : undefined;
    case 'attach':
      return session === undefined || typeof session === 'string' ? { type, session } : undefined;
    case 'act': {
      const action = actionOf(value.action);
      const right = action !== undefined && typeof number === 'number' && typeof session === 'string';
      return right ? { type, number, session, action } : undefined;
    }
    default:
      return undefined;
  }
}

function actionOf(value: unknown): Action | undefined {
  if (!isObject(value)) return undefined;
  const { type, data, code, reason } = value;
  switch (type) {
    case 'text':
      return typeof data === 'string' ? { type, data } : undefined;
    case 'close':
      return typeof code === 'number' && typeof reason === 'string' ? { type, code, reason } : undefined;
    case 'ping':
    case 'suspend':
    case 'resume':
    case 'kill':
      return { type };
    default:
      return undefined;
  }
}

type Dictionary = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Dictionary => typeof value === 'object' && value !== null;

const isView = (value: unknown): value is View => views.some((view) => view === value);
