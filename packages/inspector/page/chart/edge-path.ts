export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Box extends Point {
  readonly width: number;
  readonly height: number;
}

const inside = ({ x, y }: Point, box: Box): boolean =>
  Math.abs(x - box.x) < box.width / 2 && Math.abs(y - box.y) < box.height / 2;

/** Where the line between a point inside of a box and one outside leaves it. Boxes are given by their middle. */
function crossing(within: Point, beyond: Point, box: Box): Point {
  const dx = beyond.x - within.x;
  const dy = beyond.y - within.y;
  const alongX = dx === 0 ? Number.POSITIVE_INFINITY : (box.x + (Math.sign(dx) * box.width) / 2 - within.x) / dx;
  const alongY = dy === 0 ? Number.POSITIVE_INFINITY : (box.y + (Math.sign(dy) * box.height) / 2 - within.y) / dy;
  const share = Math.min(alongX, alongY, 1);
  return { x: within.x + share * dx, y: within.y + share * dy };
}

/** A line without what is inside of the box in which it begins. */
export function cutStart(points: readonly Point[], box: Box): readonly Point[] {
  const first = points.findIndex((point) => !inside(point, box));
  const within = points[first - 1];
  const beyond = points[first];
  return within === undefined || beyond === undefined
    ? points
    : [crossing(within, beyond, box), ...points.slice(first)];
}

/** The same for the box in which it ends. */
export function cutEnd(points: readonly Point[], box: Box): readonly Point[] {
  return cutStart(points.toReversed(), box).toReversed();
}

const at = ({ x, y }: Point): string => `${Math.round(x * 10) / 10} ${Math.round(y * 10) / 10}`;
const between = (a: Point, b: Point): Point => ({ x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 });

/** A calm line: round at each of its corners. */
export function edgePath(points: readonly Point[]): string {
  const [first, ...rest] = points;
  if (first === undefined) return '';
  let path = `M${at(first)}`;
  let before = first;
  for (const [index, point] of rest.entries()) {
    const next = rest[index + 1];
    if (next === undefined) path += `L${at(point)}`;
    else {
      if (index === 0) path += `L${at(between(before, point))}`;
      path += `Q${at(point)} ${at(between(point, next))}`;
    }
    before = point;
  }
  return path;
}

const headLength = 7;
const headWidth = 5.5;

/** The head of the arrow at the end of a line. */
export function arrowHead(points: readonly Point[]): string {
  const tip = points.at(-1);
  const before = points.findLast((point) => point.x !== tip?.x || point.y !== tip?.y);
  if (tip === undefined || before === undefined) return '';
  const length = Math.hypot(tip.x - before.x, tip.y - before.y);
  const along = { x: (tip.x - before.x) / length, y: (tip.y - before.y) / length };
  const foot = { x: tip.x - along.x * headLength, y: tip.y - along.y * headLength };
  const aside = { x: (-along.y * headWidth) / 2, y: (along.x * headWidth) / 2 };
  const left = { x: foot.x + aside.x, y: foot.y + aside.y };
  const right = { x: foot.x - aside.x, y: foot.y - aside.y };
  return `M${at(tip)}L${at(left)}L${at(right)}Z`;
}
