/** The workflow that publishes the events of an organisation through NATS. */
export interface FeedRef {
  orgId: string;
}

export const eventFeedId = ({ orgId }: FeedRef) => `event-feed/${orgId}/nats`;
