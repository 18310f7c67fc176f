<?php

use App\Support\Secret;

$primary = env('DB_HOST', 'db');
$replica = env('DB_READ_HOST') ?: null;

return [
    'default' => env('DB_CONNECTION', 'mysql'),
    'connections' => [
        'mysql' => [
            'driver' => 'mysql',
            'host' => $primary,
            'port' => env('DB_PORT', '3306'),
            'database' => env('DB_DATABASE', 'primehub'),
            'username' => env('DB_USERNAME', 'primehub_user'),
            'password' => Secret::get('DB_PASSWORD') ?? '',
            'charset' => 'utf8mb4',
            'collation' => 'utf8mb4_unicode_ci',
            'prefix' => '',
            'strict' => true,
            'engine' => 'InnoDB',
            // one connection for each FPM child, for as long as it lives
            'options' => [PDO::ATTR_PERSISTENT => (bool) env('DB_PERSISTENT', false)],
        ] + ($replica === null ? [] : [
            'read' => ['host' => [$replica]],
            'write' => ['host' => [$primary]],
            // a request that has written reads what it wrote
            'sticky' => true,
        ]),
    ],
    'migrations' => 'migrations',
    'redis' => [
        'client' => 'phpredis',
        'options' => ['prefix' => ''],
        'default' => [
            'host' => env('REDIS_HOST', 'redis'),
            'password' => Secret::get('REDIS_PASSWORD') ?: null,
            'port' => env('REDIS_PORT', '6379'),
            'database' => 0,
            'timeout' => 2.0,
            // longer than the queue's block_for
            'read_timeout' => 10.0,
        ],
    ],
];
