/** Claude Code by its SDK, https://www.npmjs.com/package/@anthropic-ai/claude-agent-sdk. */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const SDK = '@anthropic-ai/claude-agent-sdk';
/** What Claude's tools see of the environment is not the agent's own credentials. */
const OWN = /^(?:AIWM_|TELEGRAM_|DISCORD_)/;

function fail(text) {
  console.error(text);
  process.exit(1);
}

/** That of the SDK, or of any module that exports one like it: AGENT_SDK=./my-sdk.mjs */
async function loadQuery() {
  const name = process.env.AGENT_SDK || SDK;
  const isFile = /^\.{0,2}\//.test(name);
  const file = path.resolve(name);
  const { query } = await import(isFile ? pathToFileURL(file).href : name).catch((error) => {
    // What is missing may as well be something that the module itself imports.
    const isItself = error.message.includes(`'${isFile ? file : name}'`);
    if (error.code !== 'ERR_MODULE_NOT_FOUND' || !isItself) throw error;
    fail(
      `${name} is not there: install it (npm install ${SDK}), or let AGENT_SDK name a module that exports ` +
        'query({prompt, options}).',
    );
  });
  return typeof query === 'function' ? query : fail(`${name} exports no function query({prompt, options}).`);
}

function environment(oauthToken) {
  const passed = Object.entries(process.env).filter(([name]) => !OWN.test(name));
  return { ...Object.fromEntries(passed), ...(oauthToken && { CLAUDE_CODE_OAUTH_TOKEN: oauthToken }) };
}

/** The registry's tools are all there are, by their names: an empty list is none. Nobody is there to be asked. */
function optionsOf(settings, { cwd, resume, abortController }) {
  const { instruction, tools, model, maxTurns, permissionMode, isResuming, oauthToken } = settings;
  return {
    systemPrompt: instruction,
    tools,
    allowedTools: tools,
    permissionMode,
    allowDangerouslySkipPermissions: permissionMode === 'bypassPermissions',
    permissionPrompts: 'none',
    settingSources: [],
    strictMcpConfig: true,
    persistSession: isResuming,
    env: environment(oauthToken),
    cwd,
    abortController,
    ...(model && { model }),
    ...(maxTurns && { maxTurns }),
    ...(isResuming && resume && { resume }),
  };
}

/** Counts what tools came to, from the messages of one answer. */
function createWatch(recordToolUse) {
  const names = new Map();
  return ({ type, message }) => {
    const blocks = Array.isArray(message?.content) ? message.content : [];
    for (const block of blocks) {
      if (type === 'assistant' && block.type === 'tool_use') names.set(block.id, block.name);
      if (type !== 'user' || block.type !== 'tool_result') continue;
      const name = names.get(block.tool_use_id);
      if (name) recordToolUse(name, !block.is_error);
    }
  };
}

export async function openClaude({ recordToolUse }) {
  const query = await loadQuery();
  const cwd = path.resolve(process.env.AGENT_WORKSPACE || 'workspace');
  mkdirSync(cwd, { recursive: true });
  /** Where each chat stands, by the id of Claude's session. */
  const sessions = new Map();
  const running = new Set();

  return {
    /** Answers one message of a chat; with `isResuming` it knows what was said in it before. Throws what went wrong. */
    async ask(chat, prompt, settings) {
      const abortController = new AbortController();
      running.add(abortController);
      const watch = createWatch(recordToolUse);
      let result;
      try {
        const options = optionsOf(settings, { cwd, resume: sessions.get(chat), abortController });
        for await (const message of query({ prompt, options })) {
          watch(message);
          if (message.type === 'result') result = message;
        }
      } catch (error) {
        // A session that cannot be resumed must not end the chat for ever.
        sessions.delete(chat);
        throw error;
      } finally {
        running.delete(abortController);
      }
      if (result?.session_id) sessions.set(chat, result.session_id);
      if (result?.subtype !== 'success' || result.is_error) {
        throw new Error(`Claude ended with ${result?.subtype ?? 'nothing'}`);
      }
      return result.result || '(no answer)';
    },
    close() {
      for (const controller of running) controller.abort();
    },
  };
}
