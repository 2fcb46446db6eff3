import { Argument, type Command } from 'commander';
import { bashScript } from '../completion/bash.js';
import { treeOf } from '../completion/tree.js';
import { zshScript } from '../completion/zsh.js';

const SCRIPTS = { bash: bashScript, zsh: zshScript };
type Shell = keyof typeof SCRIPTS;

const HOW = `
  bash   source <(mainspring completion bash)      in ~/.bashrc
  zsh    source <(mainspring completion zsh)       in ~/.zshrc, after compinit`;

export function addCompletion(program: Command): void {
  program
    .command('completion')
    .description('print what completes this command line in a shell')
    .addArgument(new Argument('<shell>', 'which one').choices(Object.keys(SCRIPTS)))
    .addHelpText('after', HOW)
    .action((shell: Shell) => {
      process.stdout.write(SCRIPTS[shell](treeOf(program)));
    });
}
