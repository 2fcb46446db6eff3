import type { Node, Word } from './tree.js';

const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

const caseOf = ({ path, words }: Node) =>
  `    ${quoted(path)}) words=${quoted(words.map(({ text }) => text).join(' '))} ;;`;

/** What follows an option that takes one of some words; of any other value files are offered. */
const valueCases = ({ path, words }: Node): string[] =>
  words
    .filter(({ takesValue }) => takesValue)
    .map(({ text, choices }: Word) => {
      const offered = choices
        ? `COMPREPLY=($(compgen -W ${quoted(choices.join(' '))} -- "$current"))`
        : 'COMPREPLY=($(compgen -f -- "$current"))';
      return `    ${quoted(`${path} ${text}`.trim())}) ${offered}; return ;;`;
    });

export const bashScript = (tree: readonly Node[]): string => `# Completion of mainspring for bash.
_mainspring() {
  local current="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" path='' word words i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${path:+$path }\${COMP_WORDS[i]}"
    case "$word" in
${tree
  .filter(({ path }) => path !== '')
  .map(({ path }) => `      ${quoted(path)}) path="$word" ;;`)
  .join('\n')}
    esac
  done
  case "\${path:+$path }$before" in
${tree.flatMap(valueCases).join('\n')}
  esac
  case "$path" in
${tree.map(caseOf).join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -F _mainspring mainspring
`;
