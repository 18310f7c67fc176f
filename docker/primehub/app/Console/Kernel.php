<?php

namespace App\Console;

use App\Console\Commands\Migrate;
use Illuminate\Foundation\Console\Kernel as ConsoleKernel;

class Kernel extends ConsoleKernel
{
    protected $commands = [Migrate::class];

    protected function commands(): void
    {
        require base_path('routes/console.php');
    }
}
