import type { GroupRow } from '../../../src/protocol.ts';
import { formatExact } from '../../text/format.ts';
import { visibleText } from '../../text/visible-text.ts';
import { usePage } from '../page-context.ts';
import { SessionLink } from '../session-link.tsx';

/** The groups, and who is in them. */
export function GroupList() {
  const { inspection } = usePage();
  const groups = inspection.groups.value ?? [];
  return (
    <section class="panel groups" aria-labelledby="groups-title" data-testid="groups">
      <h2 id="groups-title">Groups {groups.length > 0 && <span class="badge">{formatExact(groups.length)}</span>}</h2>
      {groups.length === 0 && <p class="nothing quiet">There are no groups.</p>}
      <ul>
        {groups.map((group) => (
          <Group key={group.name} group={group} />
        ))}
      </ul>
    </section>
  );
}

function Group({ group: { name, size, members } }: { readonly group: GroupRow }) {
  const left = size - members.length;
  return (
    <li data-group={name}>
      <details>
        <summary>
          <span class="group-name">{visibleText(name)}</span>
          <span class="badge">{formatExact(size)}</span>
        </summary>
        <div class="members">
          {members.map((id) => (
            <SessionLink key={id} id={id} />
          ))}
          {left > 0 && <span class="quiet">and {formatExact(left)} more</span>}
          {size === 0 && <span class="quiet">nobody</span>}
        </div>
      </details>
    </li>
  );
}
