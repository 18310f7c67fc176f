<?php

namespace App\Console\Commands;

use App\Models\Customer;
use Illuminate\Console\Command;
use Illuminate\Support\Facades\DB;

/** Schema and first rows, once, however many replicas start at the same time. */
class Migrate extends Command
{
    private const LOCK = 'primehub-migrate';

    protected $signature = 'primehub:migrate';
    protected $description = 'Bring the schema up to date and fill an empty database, one replica at a time';

    public function handle(): int
    {
        // A lock belongs to a server, and a replica of the database may lag behind: everything here asks the primary.
        if (DB::selectOne('SELECT GET_LOCK(?, 60) AS locked', [self::LOCK], false)->locked !== 1) {
            $this->error('another replica has been migrating for a minute');

            return self::FAILURE;
        }
        try {
            $this->call('migrate', ['--force' => true]);
            if (! Customer::query()->useWritePdo()->exists()) {
                $this->call('db:seed', ['--force' => true]);
            }
        } finally {
            DB::selectOne('SELECT RELEASE_LOCK(?) AS released', [self::LOCK], false);
        }

        return self::SUCCESS;
    }
}
