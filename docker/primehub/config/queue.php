<?php

return [
    'default' => env('QUEUE_CONNECTION', 'redis'),
    'connections' => [
        'sync' => ['driver' => 'sync'],
        'redis' => [
            'driver' => 'redis',
            'connection' => 'default',
            'queue' => 'default',
            // What a worker was killed over is run again after this; longer than any job may run (App\Jobs\TrackedJob).
            'retry_after' => 10,
            // A job is picked up at once; a worker asked to stop waits for no longer than this.
            'block_for' => 1,
            'after_commit' => false,
        ],
    ],
    'failed' => ['driver' => 'database-uuids', 'database' => 'mysql', 'table' => 'failed_jobs'],
];
