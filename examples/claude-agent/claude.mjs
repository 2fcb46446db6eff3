/** Claude Code by its SDK, https://www.npmjs.com/package/@anthropic-ai/claude-agent-sdk. */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

/** Or any module that exports `query({prompt, options})` as that one does: AGENT_SDK=./my-sdk.mjs */
const MODULE = process.env.AGENT_SDK || '@anthropic-ai/claude-agent-sdk';
/** What Claude's tools see of the environment is not the agent's own credentials. */
const OWN = /^(?:AIWM_|TELEGRAM_|DISCORD_)/;

async function loadQuery() {
  const isFile = /^\.{0,2}\//.test(MODULE);
  const sdk = await import(isFile ? pathToFileURL(path.resolve(MODULE)).href : MODULE).catch((error) => {
    if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
    console.error(`${MODULE} is not there. Install it with: npm install --include=optional`);
    console.error('AGENT_SDK names another module that exports query({prompt, options}).');
    process.exit(1);
  });
  if (typeof sdk.query === 'function') return sdk.query;
  console.error(`${MODULE} exports no function query({prompt, options})`);
  process.exit(1);
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
