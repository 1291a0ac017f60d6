/** What a log may say of a fault: its name alone, since its message may quote a person's data. */
export const faultName = (fault: unknown): string => (fault instanceof Error ? fault.name : typeof fault)
