/** How a sparkline is drawn, in the units of its own picture. */
export const sparkline = { width: 64, height: 18 } as const;

const middle = sparkline.height / 2;

/** The highest of both, so that they are drawn to one scale; 1 at least, so that little looks like little. */
export function sparklineScale(...lines: readonly (readonly number[])[]): number {
  let highest = 1;
  for (const line of lines) {
    for (const value of line) if (value > highest) highest = value;
  }
  return highest;
}

/**
 * What is between the middle line and the values, as a path for SVG: `up` for what comes in, `down` for what goes out.
 * The empty text if there is nothing.
 */
export function sparklinePath(values: readonly number[], highest: number, direction: 'up' | 'down'): string {
  const step = sparkline.width / values.length;
  const sign = direction === 'up' ? -1 : 1;
  let path = '';
  let above = false;
  let x = 0;
  for (const [index, value] of values.entries()) {
    x = index * step;
    if (value <= 0) {
      if (above) path += `V${middle}`;
      above = false;
      continue;
    }
    // However little it is, it is to be seen.
    const y = middle + sign * Math.max(0.75, (value / highest) * (middle - 0.5));
    path += `${above ? '' : `M${round(x)} ${middle}`}V${round(y)}H${round(x + step)}`;
    above = true;
  }
  return above ? `${path}V${middle}` : path;
}

const round = (value: number): number => Math.round(value * 10) / 10;
