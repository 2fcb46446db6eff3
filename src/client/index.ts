export type { Agent } from '../schemas/agent.js';
export type { AgentAnalytics, AgentConfig, AgentSession } from '../schemas/agent-connection.js';
export type { ApiKey } from '../schemas/api-key.js';
export type { Delivery, DeliverySummary } from '../schemas/delivery.js';
export type { Event, Subscription } from '../schemas/event.js';
export type { Execution, ExecutionHistory, RuntimeMetrics } from '../schemas/execution.js';
export type { Instruction } from '../schemas/instruction.js';
export type { Envelope, LeasedMessage, Message, Receipt, ReceiptStatus } from '../schemas/message.js';
export type { Problem, ProblemCode } from '../schemas/problem.js';
export type { Schedule, ScheduleHistory } from '../schemas/schedule.js';
export type { ServiceStatus } from '../schemas/service-status.js';
export type { Statistics } from '../schemas/statistics.js';
export type { AgentHealth, Timer, TimerMetrics } from '../schemas/timer.js';
export type { Tool } from '../schemas/tool.js';
export type { TaskResult, WaitOptions } from './agent-service.js';
export type { AgentCredentials, AgentPatch, NewAgent } from './agents.js';
export { AIWMClient, type ConnectOptions } from './aiwm/aiwm-client.js';
export type {
  AgentConnected,
  AIWMCommand,
  AIWMOptions,
  AIWMState,
  AIWMStatus,
  CachedAgentConfig,
  ConfigCache,
  Metrics,
} from './aiwm/aiwm-options.js';
export type { NewBroker } from './brokers.js';
export {
  type InstructionPatch,
  MainspringClient,
  type NewInstruction,
  type NewTool,
  type ToolPatch,
} from './client.js';
export { MainspringError } from './error.js';
export type { HealthPart } from './health.js';
export type { Held, Inbox, TakeOptions } from './inbox.js';
export type { Listing } from './listing.js';
export type { MemoryEntry, MemoryOptions } from './memories.js';
export type { NewMessage, Published } from './messages.js';
export type { MessageContext, MessageHandler, MessageLoop, OnMessageOptions } from './on-message.js';
export type { MainspringOptions } from './options.js';
export type { ChangeOptions, Versioned } from './registry.js';
export type { CallOptions, CreateOptions } from './request.js';
export type { NewSchedule, PreviewOf, SchedulePatch, ScheduleQuery } from './schedules.js';
export type { NewTask, TaskDetail, TaskMessage, TaskQuery, TaskSummary, ToolCall } from './tasks.js';
export type { Created, NewDue, NewTimer } from './timers.js';
export type { WebhookSecret } from './webhook-secret.js';
