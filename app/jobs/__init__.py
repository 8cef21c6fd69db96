"""Work outside requests: queues, worker, sweeper, scheduler, outbox delivery; logs and figures of every process."""
