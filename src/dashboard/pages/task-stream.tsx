import { useEffect, useRef, useState } from 'preact/hooks';
import type { MainspringClient, TaskDetail } from '../../client/index.js';
import { took } from '../amounts.js';
import { exactly, timeOfDay } from '../dates.js';
import { Badge } from '../parts/badge.js';
import { Json } from '../parts/code.js';
import { Panel } from '../parts/words.js';
import { client, explain, heed } from '../session.js';
import { isShown } from '../shown.js';
import { type Line, withMessage } from '../transcript.js';

const AGAIN_MS = 3_000;
/** So near the end somebody reads along: then the newest stays in sight. */
const NEAR_PX = 80;

type Call = TaskDetail['tool_calls'][number];

interface Reading {
  onLines(lines: readonly Line[]): void;
  onEnd(lines: readonly Line[]): void;
  onTrouble(text: string | undefined): void;
  signal: AbortSignal;
}

async function readOnce(reader: MainspringClient, id: string, { onLines, signal }: Reading) {
  let lines: readonly Line[] = [];
  for await (const message of reader.tasks.stream(id, { signal })) {
    lines = withMessage(lines, message);
    onLines(lines);
  }
  return lines;
}

/** Reads a stream to its end; after a break from its beginning. */
async function readOn(reader: MainspringClient, id: string, reading: Reading): Promise<void> {
  for (;;) {
    try {
      return reading.onEnd(await readOnce(reader, id, reading));
    } catch (error) {
      if (reading.signal.aborted) return;
      heed(error);
      reading.onTrouble(explain(error));
      await new Promise((resume) => setTimeout(resume, AGAIN_MS));
      if (reading.signal.aborted) return;
    }
  }
}

function useTranscript(id: string) {
  const [lines, setLines] = useState<readonly Line[]>([]);
  const [trouble, setTrouble] = useState<string>();
  const isOver = useRef(false);
  const reader = client.value;
  // A browser holds few connections to one server: a tab that nobody sees must not keep one.
  const isWanted = isShown.value && !isOver.current;
  useEffect(() => {
    if (!reader || !isWanted) return;
    const leaving = new AbortController();
    const onLines = (read: readonly Line[]) => {
      // Read from the beginning again, it would shrink and grow.
      setLines((last) => (read.length < last.length ? last : read));
      setTrouble(undefined);
    };
    const onEnd = (read: readonly Line[]) => {
      isOver.current = true;
      setLines(read);
      setTrouble(undefined);
    };
    void readOn(reader, id, { onLines, onEnd, onTrouble: setTrouble, signal: leaving.signal });
    return () => leaving.abort();
  }, [id, reader, isWanted]);
  return { lines, trouble };
}

const TimeOfDay = ({ at }: { at: string }) => (
  <time class="muted at" dateTime={at} title={exactly(at)}>
    {timeOfDay(at)}
  </time>
);

function ToolLine({ line, call }: { line: Extract<Line, { kind: 'tool' }>; call: Call | undefined }) {
  return (
    <details>
      <summary>
        <Badge status={line.status} text={line.tool} /> <span class="muted">{took(line.durationMs)}</span>
        <TimeOfDay at={line.at} />
      </summary>
      {call ? (
        <>
          <Json name={`what ${line.tool} was given`} value={call.arguments} />
          {call.error === null ? (
            <Json name={`what ${line.tool} answered`} value={call.result} />
          ) : (
            <p class="failure">{call.error}</p>
          )}
        </>
      ) : (
        <p class="muted">Its arguments are no longer shown.</p>
      )}
    </details>
  );
}

function LineView({ line, calls }: { line: Line; calls: readonly Call[] }) {
  if (line.kind === 'said') {
    return (
      <li class="said" aria-busy={!line.isOver}>
        <p dir="auto">{line.text}</p>
      </li>
    );
  }
  if (line.kind === 'tool') {
    return (
      <li>
        <ToolLine line={line} call={calls.find(({ id }) => id === line.callId)} />
      </li>
    );
  }
  return (
    <li class="step">
      <Badge status={line.status} text={line.text} />
      <span class="muted">{line.more}</span>
      <TimeOfDay at={line.at} />
    </li>
  );
}

interface TranscriptProps {
  lines: readonly Line[];
  calls: readonly Call[];
  isLive: boolean;
}

/** The lines; as long as somebody is at their end, the newest stays in sight. */
function Transcript({ lines, calls, isLive }: TranscriptProps) {
  const box = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  useEffect(() => {
    if (isAtEnd.current && isLive) box.current?.scrollTo({ top: box.current.scrollHeight });
  }, [lines]);
  const follow = ({ currentTarget: place }: { currentTarget: HTMLElement }) => {
    isAtEnd.current = place.scrollHeight - place.scrollTop - place.clientHeight < NEAR_PX;
  };
  return (
    <div
      class="transcript"
      ref={box}
      onScroll={follow}
      role="log"
      aria-live="polite"
      aria-relevant="additions"
      aria-label="What happens"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard
      tabIndex={0}
    >
      <ol>
        {lines.map((line) => (
          <LineView key={line.key} line={line} calls={calls} />
        ))}
      </ol>
    </div>
  );
}

/** What happens to a task as it happens: what its model says, the tools that it calls. */
export function TaskStream({ id, calls, isLive }: { id: string; calls: readonly Call[]; isLive: boolean }) {
  const { lines, trouble } = useTranscript(id);
  const nothing = isLive ? 'Nothing has happened yet.' : 'Its events are no longer kept.';
  return (
    <Panel title="What happens" aside={isLive ? <Badge status="online" text="live" /> : undefined} isBare>
      {trouble === undefined ? null : <p class="panel-body muted">{trouble}</p>}
      {lines.length > 0 || trouble !== undefined ? (
        <Transcript lines={lines} calls={calls} isLive={isLive} />
      ) : (
        <p class="panel-body muted">{nothing}</p>
      )}
    </Panel>
  );
}
