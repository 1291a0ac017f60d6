/** The order of a drain: nothing new comes in, what is under way is finished, then the broker may go. */

export const stages = { gateway: 1, actor: 2, broker: 3 } as const
