import { visibleParts } from '../text/visible-text.ts';

/** A text from a peer; signs for what would not be seen are set apart from what the peer has written. */
export function Visible({ text }: { readonly text: string }) {
  return (
    <bdi>
      {visibleParts(text).map(({ text, escaped }, index) =>
        escaped ? (
          <span key={`${index}`} class="sign">
            {text}
          </span>
        ) : (
          text
        ),
      )}
    </bdi>
  );
}
