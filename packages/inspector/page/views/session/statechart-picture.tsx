import type { Chart } from '../../../src/protocol.ts';
import type { ChartLayout, PlacedEdge, PlacedNode } from '../../chart/chart-layout.ts';
import type { Taken } from '../../session/watched-session.ts';

interface StatechartPictureProps {
  readonly chart: Chart;
  readonly layout: ChartLayout;
  readonly active: readonly string[];
  readonly possible: readonly number[];
  readonly pointed: number | undefined;
  readonly flash: Taken | undefined;
  readonly selected: string | undefined;
}

/** The statechart, with the states lit that the session is in. */
export function StatechartPicture(props: StatechartPictureProps) {
  const { chart, layout, possible, pointed, flash } = props;
  const { box, nodes, edges } = layout;
  const view = [box.x - box.width / 2, box.y - box.height / 2, box.width, box.height].join(' ');
  const describe = ({ transition }: PlacedEdge): readonly [name: string, labels: string] => {
    const { from = '', to = '', labels = [] } = chart.transitions[transition] ?? {};
    return [`${from} → ${to}`, labels.join(', ')];
  };
  return (
    <svg class="chart" viewBox={view} aria-label="Statechart" data-testid="chart">
      {nodes.map((node) => node.kind === 'compound' && <State key={node.id} node={node} {...props} />)}
      {edges.map((edge) => {
        const [name, labels] = describe(edge);
        return (
          <g
            key={edge.transition}
            class="edge"
            data-place={edge.transition}
            data-transition={name}
            data-possible={possible.includes(edge.transition)}
            data-pointed={pointed === edge.transition}
            data-flash={flash?.transitions.includes(edge.transition) ?? false}
          >
            <title>{`${name}: ${labels}`}</title>
            <path class="edge-reach" d={edge.path} />
            <path class="edge-line" d={edge.path} />
            <path class="edge-head" d={edge.head} />
          </g>
        );
      })}
      {nodes.map((node) => node.kind === 'state' && <State key={node.id} node={node} {...props} />)}
      {nodes.map(
        (node) =>
          node.kind === 'any' && <circle key={node.id} class="any" cx={node.x} cy={node.y} r={node.width / 2} />,
      )}
    </svg>
  );
}

/** Round corners, px. */
const radius = 7;

function State({ node, chart, active, flash, selected }: StatechartPictureProps & { readonly node: PlacedNode }) {
  const state = chart.states.find(({ id }) => id === node.id);
  if (state === undefined) return null;
  const { id, kind, x, y, width, height } = node;
  const [left, top] = [x - width / 2, y - height / 2];
  const lit = active.includes(id);
  const compound = kind === 'compound';
  return (
    <g
      class="state"
      data-state={id}
      data-kind={kind}
      data-active={lit}
      data-selected={selected === id}
      data-flash={flash?.states.includes(id) ?? false}
    >
      <title>{lit ? `${id}: here it is` : id}</title>
      <rect class="state-box" x={left} y={top} width={width} height={height} rx={compound ? radius + 4 : radius} />
      {state.final && (
        <rect class="state-inner" x={left + 3} y={top + 3} width={width - 6} height={height - 6} rx={radius - 3} />
      )}
      <text x={compound ? left + 12 : x} y={compound ? top + 15 : y + 4.5} text-anchor={compound ? 'start' : 'middle'}>
        {state.name}
      </text>
      {state.initial && <Beginning x={left + 11} y={top} />}
    </g>
  );
}

/** The mark of the state in which things begin: a dot, and an arrow into the state. */
function Beginning({ x, y }: { readonly x: number; readonly y: number }) {
  return (
    <g class="beginning">
      <circle cx={x} cy={y - 11} r={2.25} />
      <path d={`M${x} ${y - 9}V${y - 3}`} />
      <path class="tip" d={`M${x} ${y - 0.5}L${x - 2.25} ${y - 5}H${x + 2.25}Z`} />
    </g>
  );
}
