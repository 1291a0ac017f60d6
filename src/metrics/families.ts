/** Every metric there is: its name, its type and what it tells (prometheus.io/docs/practices/naming). */

export type Family = { type: 'counter' | 'gauge' | 'histogram'; help: string }

/**
 * All families by name, as `/metrics` shows them. Dashboards and alerts of others rest on these names: one that goes, or
 * changes its meaning, is a change for users. Counters begin anew with their process. Every figure of a process has the
 * label `process`.
 */
export const FAMILIES = {
  kassa_build_info: { type: 'gauge', help: 'Always 1; the labels tell the version and the runtime of the gateway.' },
  kassa_up: { type: 'gauge', help: 'Whether the process has told its figures just now: 1 or 0.' },

  kassa_http_requests_total: { type: 'counter', help: 'Requests answered, by route and status.' },
  kassa_http_request_duration_seconds: { type: 'histogram', help: 'From a request to its answer, by route.' },
  kassa_http_requests_in_flight: { type: 'gauge', help: 'Requests that have no answer yet.' },

  kassa_open: { type: 'gauge', help: 'Whether the actor is open, so that it takes commands: 1 or 0.' },
  kassa_turn_messages: { type: 'histogram', help: 'Messages handled in one turn, which is one transaction.' },
  kassa_turn_duration_seconds: { type: 'histogram', help: 'How long a turn takes, its commit and replies included.' },
  kassa_commit_duration_seconds: {
    type: 'histogram',
    help: 'How long the commit of a turn that wrote entries takes: what the disk takes to sync.',
  },
  kassa_mailbox_messages: { type: 'gauge', help: 'Messages that wait for the next turn.' },
  kassa_mailbox_dropped_total: {
    type: 'counter',
    help: 'Commands refused because the mailbox was full, or dropped because nobody waited any longer.',
  },
  kassa_log_entries: { type: 'gauge', help: 'The number of the last entry of the log.' },
  kassa_relay_lag_entries: { type: 'gauge', help: 'Entries of the log that its stream does not have yet.' },
  kassa_reader_lag_entries: { type: 'gauge', help: 'Entries of another log (source) that were not taken in yet.' },
  kassa_events_total: { type: 'counter', help: 'Entries committed to the log, by type of the event.' },
  kassa_commands_waiting: { type: 'gauge', help: 'Queued commands that wait for something that has not happened yet.' },
  kassa_dead_letters_total: { type: 'counter', help: 'Messages that became dead letters.' },
  kassa_dead_letters_waiting: { type: 'gauge', help: 'Dead letters that wait for a person.' },
  kassa_bus_requests_total: { type: 'counter', help: 'Commands and queries that came over the bus, by endpoint.' },
  kassa_bus_request_errors_total: { type: 'counter', help: 'Those of them that were answered with a no.' },
  kassa_bus_request_seconds_total: { type: 'counter', help: 'Time from their coming to their answers, added up.' },

  kassa_orders_total: { type: 'counter', help: 'Orders that were created, and what became of them.' },
  kassa_orders_pending: { type: 'gauge', help: 'Orders that are neither confirmed nor rejected nor cancelled yet.' },
  kassa_letters_total: { type: 'counter', help: 'Letters by the status that they came to.' },
  kassa_letters_queued: { type: 'gauge', help: 'Letters that wait for the mail server.' },

  kassa_process_start_time_seconds: { type: 'gauge', help: 'When the process started, in seconds since 1970.' },
  kassa_process_restarts_total: {
    type: 'counter',
    help: 'How often the supervisor has started this process again, since its own start.',
  },
  kassa_process_cpu_seconds_total: { type: 'counter', help: 'User and system time of the process.' },
  kassa_process_resident_memory_bytes: { type: 'gauge', help: 'Memory that the process holds.' },
  kassa_process_heap_used_bytes: { type: 'gauge', help: 'JavaScript heap in use.' },
  kassa_event_loop_delay_seconds: {
    type: 'histogram',
    help: 'How late a timer runs that is set twice a second: how long the event loop was held up.',
  },
} satisfies Record<string, Family>

export type FamilyName = keyof typeof FAMILIES
