<?php

namespace App\Jobs;

use RuntimeException;

class AlwaysFail extends TrackedJob
{
    protected function work(): string
    {
        throw new RuntimeException('this job always fails');
    }
}
