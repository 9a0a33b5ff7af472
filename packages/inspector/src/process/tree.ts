import { isParent, type Process } from '@genws/actor';
import type { TreeNode } from '../protocol.ts';
import type { Sources } from '../sources.ts';

/** Children that are listed of each; the others are counted. */
const listed = 50;

/** How often a supervisor has started a child again. */
export type RestartsOf = (supervisor: string, child: string) => number;

/** The supervision trees, and the servers that no tree holds. */
export function treesOf({ servers, supervisors }: Sources, restartsOf: RestartsOf): TreeNode[] {
  const names = new Map<Process, string>([...servers].map(([name, server]) => [server, name]));
  const inTrees = new Set<Process>();

  const nodeOf = (process: Process, place: Place): TreeNode => {
    inTrees.add(process);
    const own = idOf(process);
    const { count, children } = familyOf(process);
    const taken = new Set<string>();
    return {
      ...place,
      name: names.get(process) ?? place.name,
      kind: kindOf(process, names.has(process)),
      state: process.getSnapshot().status === 'active' ? place.state : 'stopped',
      count,
      children: children.map(({ name, process: child, kind = 'worker', state }, index) => {
        const known = name ?? (child === undefined ? `${index}` : idOf(child));
        const id = child !== undefined && isSession(child) ? known : `${place.id}/${segment(known, taken)}`;
        const there = { id, name: known, state, restarts: restartsOf(own, known) };
        return child === undefined ? { ...there, kind, count: 0, children: [] } : nodeOf(child, there);
      }),
    };
  };

  const rootOf = (process: Process, id: string, name: string): TreeNode =>
    nodeOf(process, { id, name, state: 'running', restarts: 0 });
  const trees = supervisors.map((process, index) => rootOf(process, `/${index}`, idOf(process)));
  const alone = [...servers].filter(([, server]) => !inTrees.has(server));
  return [...trees, ...alone.map(([name, server]) => rootOf(server, `/server ${name}`, name))];
}

/** A name as a part of an id: like no other beside it. */
function segment(name: string, taken: Set<string>): string {
  const plain = name.replaceAll('%', '%25').replaceAll('/', '%2F');
  let part = plain;
  for (let again = 2; taken.has(part); again++) part = `${plain}%${again}`;
  taken.add(part);
  return part;
}

type Place = Pick<TreeNode, 'id' | 'name' | 'state' | 'restarts'>;

interface Child {
  readonly name: string | undefined;
  readonly process: Process | undefined;
  /** What it is, or was. */
  readonly kind?: TreeNode['kind'];
  readonly state: TreeNode['state'];
}

interface Family {
  readonly count: number;
  readonly children: readonly Child[];
}

const alive = (process: Process): Child => ({ name: undefined, process, state: 'running' });

function familyOf(process: Process): Family {
  if ('sessions' in process && isProcess(process.sessions)) return { count: 1, children: [alive(process.sessions)] };
  if (isCrowd(process)) {
    const children: Child[] = [];
    for (const child of process.children()) {
      if (children.push(alive(child)) === listed) break;
    }
    return { count: process.count, children };
  }
  const all = isParent(process) ? process.whichChildren() : [];
  const children = all.slice(0, listed).map(({ id: name, process: child, state, type: kind }): Child => {
    if (state === 'starting' || state === 'restarting') return { name, process: child, kind, state: 'restarting' };
    return { name, process: child, kind, state: child === undefined || state === 'stopped' ? 'stopped' : 'running' };
  });
  return { count: all.length, children };
}

/** A dynamic supervisor: listing all of its children could take long. */
interface Crowd extends Process {
  readonly count: number;
  children(): Iterable<Process>;
}

const isCrowd = (process: Process): process is Crowd => 'startChild' in process && 'children' in process;

const isProcess = (value: unknown): value is Process =>
  typeof value === 'object' && value !== null && 'getSnapshot' in value && 'exit' in value;

function kindOf(process: Process, isServer: boolean): TreeNode['kind'] {
  if (isServer || 'http' in process) return 'server';
  if (isCrowd(process)) return 'dynamic';
  if (isParent(process)) return 'supervisor';
  return isSession(process) ? 'session' : 'worker';
}

const isSession = (process: Process): boolean => 'statistics' in process && 'peer' in process;

const idOf = (process: Process): string => ('id' in process && typeof process.id === 'string' ? process.id : 'process');
