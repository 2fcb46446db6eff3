import type { Node, Word } from './tree.js';

const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
/** `name:description`; a colon in either part stands for itself. */
const described = ({ text, description }: Word) =>
  quoted(description === '' ? text : `${text.replaceAll(':', '\\:')}:${description.replaceAll(':', '\\:')}`);

const caseOf = ({ path, words }: Node) =>
  `    ${quoted(path)}) words_here=(${words.map(described).join(' ')}) ;;`;

/** What follows an option that takes one of some words; of any other value files are offered. */
const valueCases = ({ path, words }: Node): string[] =>
  words
    .filter(({ takesValue }) => takesValue)
    .map(({ text, choices }) => {
      const offered = choices ? `compadd -- ${choices.map(quoted).join(' ')}` : '_files';
      return `    ${quoted(`${path} ${text}`.trim())}) ${offered}; return ;;`;
    });

export const zshScript = (tree: readonly Node[]): string => `#compdef mainspring
# Completion of mainspring for zsh.
_mainspring() {
  local before="\${words[CURRENT-1]}" place='' word i
  local -a words_here
  for ((i = 2; i < CURRENT; i++)); do
    word="\${place:+$place }\${words[i]}"
    case "$word" in
${tree
  .filter(({ path }) => path !== '')
  .map(({ path }) => `      ${quoted(path)}) place="$word" ;;`)
  .join('\n')}
    esac
  done
  case "\${place:+$place }$before" in
${tree.flatMap(valueCases).join('\n')}
  esac
  case "$place" in
${tree.map(caseOf).join('\n')}
  esac
  _describe 'mainspring' words_here
}
compdef _mainspring mainspring
`;
