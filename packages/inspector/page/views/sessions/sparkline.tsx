import { useMemo } from 'preact/hooks';
import type { RateHistory } from '../../sessions/rate-history.ts';
import { sparkline, sparklinePath, sparklineScale } from '../../sessions/sparkline.ts';
import { formatBytes, formatRate } from '../../text/format.ts';

interface SparklineProps {
  readonly rates: RateHistory;
  readonly of: 'messages' | 'bytes';
  readonly now: number;
}

const { width, height } = sparkline;

/** What came in, above, and what went out, below, in each of the last sixty seconds. */
export function Sparkline({ rates, of, now }: SparklineProps) {
  const second = Math.floor(now / 1000);
  // What is shown changes by the second, however often there is news.
  const { label, into, out } = useMemo(() => drawn(rates, of, second * 1000), [rates, of, second]);
  return (
    <svg class="spark" viewBox={`0 0 ${width} ${height}`} width={width} height={height} role="img" aria-label={label}>
      <path class="spark-axis" d={`M0 ${height / 2}H${width}`} />
      <path class="spark-in" d={into} />
      <path class="spark-out" d={out} />
    </svg>
  );
}

function drawn(rates: RateHistory, of: SparklineProps['of'], now: number) {
  const into = rates.rates(`${of}In`, now);
  const out = rates.rates(`${of}Out`, now);
  const highest = sparklineScale(into, out);
  const format = of === 'messages' ? formatRate : formatBytes;
  return {
    label: `${format(rates.recent(`${of}In`, now))}/s in, ${format(rates.recent(`${of}Out`, now))}/s out`,
    into: sparklinePath(into, highest, 'up'),
    out: sparklinePath(out, highest, 'down'),
  };
}
