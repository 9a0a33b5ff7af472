import { plots } from '../../runtime/plots.ts';
import { Plot } from './plot.tsx';

/** How the process has been doing for the last ten minutes. */
export function RuntimeView() {
  return (
    <div class="runtime-view" data-testid="runtime">
      {plots.map((definition) => (
        <Plot key={definition.id} definition={definition} />
      ))}
    </div>
  );
}
