import type { ToolWish } from './tool.js';

const params = { id: { name: 'agentId', description: 'Of the agent, as list_agents answers it' } };
const schedule = { id: { name: 'scheduleId', description: 'Of the schedule, as list_schedules answers it' } };

/** Tools for who there is, and what comes round by itself. */
export const agentTools: readonly ToolWish[] = [
  {
    name: 'list_agents',
    title: 'List agents',
    route: 'GET /agents',
    description:
      'The agents of this organisation: names, ids, whether they are connected and what they can do. Use it before submit_task, send_message or create_schedule.',
  },
  {
    name: 'get_agent',
    title: 'Look at an agent',
    route: 'GET /agents/:id',
    params,
    description: 'All about one agent: its state, tools and settings.',
  },
  {
    name: 'list_schedules',
    title: 'List schedules',
    route: 'GET /schedules',
    description: 'What agents do again and again, with the next run of each.',
  },
  {
    name: 'get_schedule',
    title: 'Look at a schedule',
    route: 'GET /schedules/:id',
    params: schedule,
    description: 'One schedule: what it asks which agent, when, and when next.',
  },
  {
    name: 'create_schedule',
    title: 'Give an agent a task again and again',
    route: 'POST /schedules',
    reachesOut: true,
    description:
      'Starts a task of an agent at the times of a cron expression, or every so many seconds: exactly one of cron_expression and interval_seconds. For a single moment use submit_task with scheduled_at.',
  },
  {
    name: 'pause_schedule',
    title: 'Pause a schedule',
    route: 'POST /schedules/:id/pause',
    params: schedule,
    isIdempotent: true,
    description: 'It starts nothing until resume_schedule; what runs goes on.',
  },
  {
    name: 'resume_schedule',
    title: 'Resume a schedule',
    route: 'POST /schedules/:id/resume',
    params: schedule,
    isIdempotent: true,
    description: 'Lets a paused schedule go on. What it left out meanwhile is not caught up.',
  },
  {
    name: 'trigger_schedule',
    title: 'Run a schedule now',
    route: 'POST /schedules/:id/trigger',
    params: schedule,
    reachesOut: true,
    description:
      'Starts the task of a schedule at once, besides its other runs; answers its task_id, which shows a moment later.',
  },
  {
    name: 'delete_schedule',
    title: 'Delete a schedule',
    route: 'DELETE /schedules/:id',
    params: schedule,
    isDestructive: true,
    description: 'Takes a schedule away for good. To stop it for a while use pause_schedule.',
  },
];
