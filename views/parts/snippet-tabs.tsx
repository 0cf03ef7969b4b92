// The ready-made programs, one shown at a time. Plain radio buttons choose, so it needs no script.

import { CodeBlock } from './copyable.tsx';
import { snippetsFor, type SnippetTarget } from './snippets.ts';

export function SnippetTabs({ target }: { target: SnippetTarget }) {
  const snippets = snippetsFor(target);
  return (
    <div class="snippets">
      <fieldset class="segments">
        <legend class="visually-hidden">Language</legend>
        {snippets.map((snippet, index) => (
          <label class="segment" key={snippet.id}>
            <input type="radio" name="snippet" value={snippet.id} checked={index === 0} autocomplete="off" />
            <span>{snippet.label}</span>
          </label>
        ))}
      </fieldset>
      {snippets.map((snippet) => (
        <div class={`snippet snippet-${snippet.id}`} key={snippet.id}>
          <p class="snippet-about">{snippet.about}</p>
          <CodeBlock id={`snippet-${snippet.id}`} what={`${snippet.label} code`}>
            {snippet.code.trimEnd()}
          </CodeBlock>
        </div>
      ))}
    </div>
  );
}
