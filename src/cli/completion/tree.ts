import type { Command } from 'commander';

/** A command as a shell completes it. */
export interface Node {
  /** What leads to it, without the program's name: `timers create`; of the program itself ''. */
  path: string;
  /** What can come next: commands below it, and its options. */
  words: Word[];
}

export interface Word {
  text: string;
  description: string;
  /** Of an option that takes one of some words. */
  choices?: string[];
  /** Of an option: whether a value follows. */
  takesValue?: boolean;
}

function wordsOf(command: Command): Word[] {
  const help = command.createHelp();
  const below = help.visibleCommands(command).map((child) => ({
    text: child.name(),
    description: help.subcommandDescription(child),
  }));
  const options = help
    .visibleOptions(command)
    .flatMap(({ long, description, argChoices, required, optional }) =>
      long
        ? [
            {
              text: long,
              description,
              takesValue: required || optional,
              ...(argChoices ? { choices: argChoices } : {}),
            },
          ]
        : [],
    );
  const chosen = command.registeredArguments.flatMap(({ argChoices = [], description }) =>
    argChoices.map((text) => ({ text, description })),
  );
  return [...below, ...chosen, ...options];
}

/** Every command, the program itself first. */
export function treeOf(command: Command, above: string[] = []): Node[] {
  const below = command.commands.flatMap((child) => treeOf(child, [...above, child.name()]));
  return [{ path: above.join(' '), words: wordsOf(command) }, ...below];
}
