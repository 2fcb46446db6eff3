/** Whose Redis it is: its streams carry tasks of one organisation and their results. */
export interface StreamOwner {
  REDIS_ORG: string;
  TASK_STREAM: string;
}

/** `channel`: all of it is refused, whatever the stream. */
export interface StreamRefusal {
  field: 'channel' | 'response_stream';
  message: string;
}

/**
 * Why an organisation may not add to a stream; null where it may. Others could forge results, or tasks. The
 * stream of tasks is for those who may write to Redis itself.
 */
export function streamRefusal(
  orgId: string,
  stream: string | undefined,
  { REDIS_ORG: owner, TASK_STREAM: tasks }: StreamOwner,
): StreamRefusal | null {
  if (orgId !== owner) return { field: 'channel', message: 'is for the organisation that REDIS_ORG names' };
  return stream === tasks ? { field: 'response_stream', message: 'must not be the stream of tasks' } : null;
}
