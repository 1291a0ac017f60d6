/** The words of the command `dead-letters`, apart from it: the help needs nothing more. */

/** What may follow `dead-letters`. */
export const DEAD_LETTER_WORDS = '<list|show|redrive|discard> [id|all]'

export const DEAD_LETTER_OPTIONS = [
  '  list [--status waiting|redriven|discarded]          one line each, the newest first; without --status all',
  '  show <id>                                            all that is kept of one, as JSON',
  '  redrive <id|all> [--dry-run] [--by who]              carry it out once more, as it was sent; all: the oldest first',
  '  redrive <id> --body <JSON> [--by who]                with another body; what was sent stays as it is',
  '  discard <id|all> [--dry-run] [--by who]              give it up',
  '  --dry-run tells what would be done; --by stands in the log (otherwise your name at this machine);',
  "  --key-file holds an operator's key, once keys are needed (otherwise KASSA_OPERATOR_KEY_FILE).",
].join('\n')
