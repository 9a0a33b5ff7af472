import { CrashList } from './crash-list.tsx';
import { GroupList } from './group-list.tsx';
import { SupervisionTree } from './supervision-tree.tsx';

/** Who supervises whom, what has crashed, and who belongs together. */
export function TreeView() {
  return (
    <div class="tree-view">
      <SupervisionTree />
      <CrashList />
      <GroupList />
    </div>
  );
}
