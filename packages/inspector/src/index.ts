// Watch every session live, in a browser.
export {
  type Inspector,
  type InspectorOptions,
  type InspectorServerOptions,
  mountInspector,
  startInspector,
} from './inspector.ts';
export type { WatchedServer } from './sources.ts';
export { hideAll, type Place, type Redact } from './values/plain.ts';
