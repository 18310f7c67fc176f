<?php

namespace App\Queue;

use Illuminate\Queue\Worker;

/**
 * Redis already makes an idle worker wait for the next job (`block_for`); Laravel's own three seconds
 * of sleep on top would only delay that job. The one second after a failure stays.
 */
class BlockingWorker extends Worker
{
    public function sleep($seconds)
    {
        parent::sleep(min($seconds, 1) === $seconds ? $seconds : 0);
    }
}
