<?php

return [
    'default' => env('CACHE_DRIVER', 'redis'),
    'stores' => [
        'array' => ['driver' => 'array', 'serialize' => false],
        'redis' => ['driver' => 'redis', 'connection' => 'default', 'prefix' => 'cache'],
        // where config/session.php keeps sessions, apart from what a cache:clear empties
        'sessions' => ['driver' => 'redis', 'connection' => 'default', 'prefix' => 'session'],
    ],
    'prefix' => '',
];
